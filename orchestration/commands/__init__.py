"""One module for each command: EXAMPLES, configure(parser), execute(arguments, settings) -> exit code.

Knows how to read arguments and print results. Must not hold logic that another caller would need.
"""
