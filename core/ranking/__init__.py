"""From scores to a page: order, rows that compete, genre rows, and draws with exact propensities."""
