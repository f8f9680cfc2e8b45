"""AWS on this machine: SageMaker Feature Store and what it stands on, spoken over the AWS wire protocol.

It imports nothing else of the package, and nothing of boto3: a mistake here cannot agree with one in the client.
"""
