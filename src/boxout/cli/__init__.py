"""The command line: one file a command group, nothing but argument handling and printing."""
