"""The one door to boto3."""

from reconciler.aws.session import check_account, place_of
from reconciler.aws.store import FeatureStore

__all__ = ["FeatureStore", "check_account", "place_of"]
