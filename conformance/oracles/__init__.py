"""Pure judges over recorded exchanges: no network, no pytest, no files, no clock."""
