"""Methods that take a matrix: rows are tokens, columns are contexts or coordinates."""
