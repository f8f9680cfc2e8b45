"""The as-of join as a stream: labels are sorted, and rows pass by."""
