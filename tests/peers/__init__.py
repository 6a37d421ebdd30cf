"""Peers side by side: other tools and this suite, tried on the same faults and the same correct variants."""
