"""Groups to create, in AWS's own words."""

ROLE = "arn:aws:iam::000000000000:role/feature-store"
BUCKET = "features"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def a_feature(name, kind="String"):
    return {"FeatureName": name, "FeatureType": kind}


def a_group(name, *features, event_time="String", table_format=None, **more):
    """The arguments of CreateFeatureGroup: id, at, and what is given; both stores."""
    offline = {"S3StorageConfig": {"S3Uri": f"s3://{BUCKET}/store"}}
    if table_format:
        offline["TableFormat"] = table_format
    return {
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": [a_feature("id"), a_feature("at", event_time), *features],
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "OfflineStoreConfig": offline,
        "RoleArn": ROLE,
        **more,
    }


def a_record(**values):
    return [{"FeatureName": name, "ValueAsString": str(value)} for name, value in values.items()]


def as_dict(record):
    return {value["FeatureName"]: value.get("ValueAsString", value.get("ValueAsStringList")) for value in record}
