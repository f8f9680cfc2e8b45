"""The floor of any AWS tool in Python: a process that creates boto3's sagemaker client and does nothing with it."""

import boto3

boto3.client("sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
