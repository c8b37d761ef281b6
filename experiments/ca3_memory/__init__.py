"""The CA3 memory of Casanueva-Morato et al. 2024: its three experiments, and its envelope."""
