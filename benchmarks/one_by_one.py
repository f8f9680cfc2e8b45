"""The rival of a wide plan: one describe and one list-tags a group with boto3, on N threads (1: in sequence)."""

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

url, threads = sys.argv[1], int(sys.argv[2])
client = boto3.client(
    "sagemaker",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
    config=Config(max_pool_connections=max(threads, 10), parameter_validation=False),
)
pages = client.get_paginator("list_feature_groups").paginate(PaginationConfig={"PageSize": 100})
names = [summary["FeatureGroupName"] for page in pages for summary in page["FeatureGroupSummaries"]]


def read(name):
    """One group and its tags."""
    group = client.describe_feature_group(FeatureGroupName=name)
    return group, client.list_tags(ResourceArn=group["FeatureGroupArn"], MaxResults=100)["Tags"]


with ThreadPoolExecutor(threads) as pool:
    found = list(pool.map(read, names))
