"""The process and its environment: errors, paths, memory, temporary files, progress observers."""
