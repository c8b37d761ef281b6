"""stub"""
def table(r): return "", []
def counts(r): return len(r)
def place(*a): pass
