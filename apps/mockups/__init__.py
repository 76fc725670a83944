"""The products as their users would see them, drawn as HTML; every name, title and poster is invented."""
