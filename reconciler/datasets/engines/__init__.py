"""Where a question is answered: in this process, on Athena, or on Spark."""
