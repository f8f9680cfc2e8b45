"""Training sets: labels, and the features of each as they were known at its moment."""
