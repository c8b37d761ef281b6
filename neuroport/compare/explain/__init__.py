"""Why two engines differ: numerics choices switched one by one."""
