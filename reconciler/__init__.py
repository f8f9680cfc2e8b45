"""A declarative feature registry with a Git-driven reconciler for Amazon SageMaker Feature Store."""
