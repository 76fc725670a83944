"""Learners over feature tables, from scratch. They know nothing of users and items."""
