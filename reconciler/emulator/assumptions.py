"""Everything here is UNVERIFIED: what AWS does in these cases was found in no source, so one run must settle it.

Each name is one assumption. Where nothing is known the stricter answer was chosen: a client that lives with it
lives with the milder one too.
"""

from __future__ import annotations

from reconciler.emulator.errors import AwsError, invalid

# Describe shows OnlineStoreConfig as it was sent when a group says EnableOnlineStore=false in so many words.
ECHO_DISABLED_ONLINE_STORE = True
# The ARN carries the name in lower case (other emulators do so; live behaviour with capitals is unknown).
ARN_IN_LOWER_CASE = True
# OfflineStoreStatus is absent until the group is Created, then Active.
OFFLINE_STATUS_FROM_CREATED = True
# Two features whose names differ only in case are refused: Glue and Athena could not tell them apart.
CASE_ALONE_IS_NO_DIFFERENCE = True
# Record identifiers are String or Integral.
RECORD_IDENTIFIER_TYPES = ("String", "Integral")
# The documented cap of 40,000 units per group is enforced for reads and writes alike.
MOST_CAPACITY_UNITS = 40_000
# ListFeatureGroups sorts by creation time, oldest first, when nothing is asked for.
LIST_SORT, LIST_ORDER = "CreationTime", "Ascending"
# A Description of "" clears a feature's description: it is absent from then on.
EMPTY_DESCRIPTION_CLEARS = True
# In Search, NotEquals is true of a resource that lacks the property.
MISSING_IS_NOT_EQUAL = True
# A DeleteFailed group may be deleted again; so may a group with an update in progress, which is then forgotten.
DELETABLE = ("Created", "CreateFailed", "DeleteFailed")


def two_changes_at_once() -> AwsError:
    """UpdateFeatureGroup takes one kind of change at a time; that a second is refused, and how, is assumed."""
    return invalid(
        "Only one of FeatureAdditions, OnlineStoreConfig and ThroughputConfig can be updated in one request."
    )


def two_online_changes_at_once() -> AwsError:
    """TtlDuration and StorageType in one OnlineStoreConfig are refused like two kinds of change."""
    return invalid("Only one of TtlDuration and StorageType can be updated in one request.")


def nothing_to_change(operation: str) -> AwsError:
    """An update that asks for nothing is refused."""
    return invalid(f"{operation} needs at least one change.")


def empty_ttl() -> AwsError:
    """A TtlDuration without Unit and Value is no removal; only explicit nulls, as documented, are."""
    return invalid("TtlDuration needs both Unit and Value, or null for both to remove it.")


def not_in_this_status(name: str, status: str, verb: str) -> AwsError:
    """Updating while Creating, deleting while Creating or Deleting: a ValidationException that names the status."""
    return invalid(f"FeatureGroup {name} can't be {verb} while its status is {status}.")


def update_in_progress(name: str) -> AwsError:
    """A second update while one is in progress: a ValidationException, also for feature additions."""
    return invalid(f"FeatureGroup {name} can't be updated while another update is in progress.")


def throughput_switched_today() -> AwsError:
    """The second change to OnDemand within 24 hours: code and text."""
    return invalid("ThroughputMode can be changed to OnDemand only once in 24 hours.")


def groups_exhausted(limit: int, used: int) -> AwsError:
    """The account's limit of groups: worded like the limit of parallel creations, which is known."""
    return AwsError("ResourceLimitExceeded", _limit_text("Maximum number of feature groups", limit, used))


def creations_exhausted(limit: int, used: int) -> AwsError:
    """Not assumed: a text seen on live AWS, kept beside its neighbour."""
    name = "Maximum number of feature group creation workflows executing in parallel"
    return AwsError("ResourceLimitExceeded", _limit_text(name, limit, used))


def features_exhausted(limit: int) -> AwsError:
    """More than 2,500 features after additions: a ResourceLimitExceeded, as UpdateFeatureGroup models it."""
    return AwsError("ResourceLimitExceeded", f"A FeatureGroup can have at most {limit} features.")


def tags_exhausted(limit: int) -> AwsError:
    """More than 50 tags after AddTags: code and text."""
    return AwsError("ResourceLimitExceeded", f"A resource can have at most {limit} tags.")


def system_tag(key: str) -> AwsError:
    """A user may not write or remove tags that begin with aws: ."""
    return invalid(f"Tag keys starting with 'aws:' are reserved for system use: {key}")


def table_exists(database: str, table: str) -> str:
    """The FailureReason when the Glue table of a new group is there already; that creation fails is known."""
    return f"The Glue table {database}.{table} already exists."


def access_denied(user: str, action: str, resource: str) -> AwsError:
    """The code is known (AccessDeniedException, HTTP 400); the sentence is IAM's usual one."""
    return AwsError(
        "AccessDeniedException",
        f"User: {user} is not authorized to perform: {action} on resource: {resource} "
        "because no identity-based policy allows the action",
    )


def _limit_text(name: str, limit: int, used: int) -> str:
    return (
        f"The account-level service limit '{name}' is {limit} FeatureGroups, with current utilization of {used} "
        "FeatureGroups and a request delta of 1 FeatureGroups. Please use AWS Service Quotas to request an increase "
        "for this quota. If AWS Service Quotas is not available, contact AWS support to request an increase for this "
        "quota."
    )
