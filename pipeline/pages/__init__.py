"""Shared parts of all HTML pages and figures: templates, style sheet, number formats, tables."""
