"""The point-in-time join of SageMaker SDK 2 as it sends it to Athena, on stdout.

Runs in the environment of `make proof CLIENT=sagemaker2`, with one argument of JSON:

    {"labels": ["id", "at"], "groups": [{"table": "weather", "key": "id", "record_id": "id", "event_time": "at",
                                         "features": ["temp_f"]}]}

Tables are in the database `sagemaker_featurestore`; that of the labels is called `labels`, its first column is the key
and its second the time. Event times are texts.
"""

# ruff: noqa: SLF001 - the statement is made behind the SDK's public words

from __future__ import annotations

import json
import logging
import sys
from typing import Any


def statement(asked: dict[str, Any]) -> str:
    """A left join, so that labels that match nothing stay; with the SDK's own defaults otherwise."""
    logging.disable()  # it writes to stdout
    import pandas as pd
    from sagemaker.feature_store.dataset_builder import (
        DatasetBuilder,
        FeatureGroupToBeMerged,
        JoinTypeEnum,
        TableType,
    )
    from sagemaker.feature_store.feature_group import FeatureDefinition, FeatureTypeEnum

    def table(name: str, key: str, time: str, features: list[str], target: str | None, kind: Any) -> Any:
        moment = FeatureDefinition(time, FeatureTypeEnum.STRING)
        return FeatureGroupToBeMerged(
            features,
            features,
            features,
            "AwsDataCatalog",
            "sagemaker_featurestore",
            name,
            key,
            moment,
            target,
            kind,
            join_type=JoinTypeEnum.LEFT_JOIN,
        )

    labels, groups = asked["labels"], asked["groups"]
    key, time = labels[:2]
    builder = DatasetBuilder(None, pd.DataFrame(columns=labels), "", key, time)
    builder.point_in_time_accurate_join()
    builder._event_time_identifier_feature_type = FeatureTypeEnum.STRING
    for group in groups:
        names = [group["record_id"], group["event_time"], *group["features"]]
        builder._feature_groups_to_be_merged.append(
            table(group["table"], group["record_id"], group["event_time"], names, group["key"], TableType.FEATURE_GROUP)
        )
    base = table("labels", key, time, labels, None, TableType.DATA_FRAME)
    return str(builder._construct_query_string(base))


if __name__ == "__main__":
    print(statement(json.loads(sys.argv[1])))
