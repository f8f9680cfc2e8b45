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


# ---- Runtime API: records ----

# A record as new as the one that is there overwrites it: the developer guide says "greater than or equal", the API
# reference of PutRecord says "greater", and UpdateRecord applies what is "equal or newer".
EQUAL_EVENT_TIME_OVERWRITES = True
# How many decimals the seconds of an event time of type String may have; AWS documents 0, 3 and 9.
EVENT_TIME_DECIMALS = (0, 3, 6, 9)
# Of Integral and Fractional values: no plus sign before a whole number, no NaN, no Infinity, no blanks.
INTEGRAL = "-?[0-9]+"
FRACTIONAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# The model's pattern of a value is ".*", in which a dot stands for anything but a line break.
LINE_BREAKS_IN_VALUES = False
# Groups in another status take and give no records.
STATUS_WITH_RECORDS = "Created"
# A hard delete of a record that is not there succeeds, and its marker goes offline, as with a soft one.
HARD_DELETE_OF_NOTHING_SUCCEEDS = True
# UpdateRecord writes the whole row offline, what it left alone included; False: only what was sent.
UPDATE_WRITES_WHOLE_ROW = True
# The marker of a record whose time to live ran out says so as of its expiry; False: as of its event time.
EXPIRED_AS_OF_EXPIRY = True
# A batch read answers no more than this; the rest is unprocessed. (DynamoDB's limit: one of this API is not known.)
MOST_BATCH_BYTES = 16 * 2**20
# BatchWriteRecord models ResourceNotFound, BatchGetRecord does not: so a group that is not there fails a batch of
# writes whole; False: only its entries. In a batch of reads each of its records is an error of its own.
UNKNOWN_GROUP_FAILS_BATCH_WRITE = True
# ListRecords without MaxResults; and a page ends, short or empty but with a token, when so many were looked at.
LIST_PAGE = 100
LIST_LOOKS_AT = 10_000


def in_memory_page(asked: int) -> int:
    """For the InMemory tier MaxResults is a hint; a page that is not full is no sign that there is nothing more."""
    return max(1, asked // 2)


def record_size(values: dict[str, str | list[str]]) -> int:
    """What counts towards the 350 KB of a record: names and values, in UTF-8."""
    texts = [text for value in values.values() for text in ([value] if isinstance(value, str) else value)]
    return sum(len(text.encode()) for text in (*values, *texts))


def unusable_group(name: str, status: str) -> AwsError:
    """Records of a group that is not (or no longer) there for use: code and text."""
    return _refused(f"FeatureGroup {name} can't be used while its status is {status}.")


def no_online_store(name: str) -> AwsError:
    """Reading records of a group that has no online store: code and text."""
    return _refused(f"FeatureGroup {name} has no OnlineStore to read from.")


def store_not_enabled(name: str, stores: str) -> AwsError:
    """TargetStores names a store that the group does not have: code and text."""
    return _refused(
        f"[{stores}] of FeatureGroup: '{name}' are not enabled, however they are specified in TargetStores."
    )


def not_integral(name: str) -> AwsError:
    """Worded like the refusal of a Fractional value, which is known."""
    return AwsError(
        "ValidationError",
        f"Attempted to parse the feature value for the feature named [{name}] into a FeatureValue of type Integral. "
        "The provided value must be within the range of a signed 64 bit integer.",
    )


def bad_event_time(name: str, value: str) -> AwsError:
    """An event time in another format, or outside the years 0000 to 9999: code and text."""
    return _refused(
        f"The EventTime feature {name} has the value '{value[:100]}', which is neither in the format "
        "yyyy-MM-dd'T'HH:mm:ssZ or yyyy-MM-dd'T'HH:mm:ss.SSSZ nor in Unix epoch seconds, as its type asks for."
    )


def unknown_feature(name: str) -> AwsError:
    """A feature that the group does not have, in a record or in FeatureNames: code and text."""
    return _refused(f"FeatureName {name} is not defined in the FeatureGroup.")


def duplicate_feature(name: str) -> AwsError:
    """A feature given twice, in a record or in FeatureNames: code and text."""
    return _refused(f"FeatureName {name} is given more than once.")


def missing_feature(member: str, name: str) -> AwsError:
    """A record without its identifier or its event time: code and text."""
    return _refused(f"The record has no value for {name}, the {member} feature.")


def bad_record_id(reason: str) -> AwsError:
    """A record identifier that is empty or longer than 2 KB, when written and when read: code and text."""
    return _refused(f"The record identifier {reason}.")


def bad_feature_value(name: str, reason: str) -> AwsError:
    """A value in the wrong member, in both or in none, or a collection that does not fit: code and text."""
    return _refused(f"The value of feature {name} {reason}.")


def record_too_large() -> AwsError:
    """More than 350 KB: code and text."""
    return _refused("The record is larger than 350 KB.")


def ttl_needs_online_store() -> AwsError:
    """A TtlDuration for a record that is not written online: as for a group, where it is known."""
    return _refused("TtlDuration needs the OnlineStore.")


def expires_too_late() -> AwsError:
    """A time to live that ends after the year 9999: code and text."""
    return _refused("EventTime + TtlDuration must not be later than 9999-12-31T23:59:59Z.")


def delete_not_later(event_time: str) -> AwsError:
    """A hard delete that is not later than the record: 400 is known; the code here is the one that is modelled."""
    return _refused(f"EventTime: {event_time[:100]} is not later than the EventTime of the record.")


def update_not_supported(name: str, storage: str) -> AwsError:
    """UpdateRecord on another storage than Standard_V2 or InMemory, or on none: code and text."""
    return _refused(f"UpdateRecord is not supported for FeatureGroup {name} with the StorageType {storage}.")


def update_needs_online_store() -> AwsError:
    """UpdateRecord with TargetStores of the offline store alone: SDK 3 refuses it, so it is taken to be refused."""
    return _refused("UpdateRecord needs OnlineStore among its TargetStores.")


def update_changes_record_id(name: str) -> AwsError:
    """Features may repeat the record identifier, but not change it: code and text."""
    return _refused(f"The value of {name} in Features is not the RecordIdentifierValueAsString.")


def update_ttl_needs_event_time() -> AwsError:
    """A ValidationError is known; the text is not."""
    return _refused("EventTime is required when TtlDuration is specified.")


def too_many_updates(most: int) -> AwsError:
    """More than 100 features in an UpdateRecord: a ValidationError; the text is not known."""
    return _refused(f"An update can have at most {most} features.")


def bad_token() -> AwsError:
    """A NextToken that is not of this group's pages: code and text."""
    return _refused("Invalid NextToken.")


def no_such_record(name: str) -> AwsError:
    """The target of an UpdateRecord is not there: ResourceNotFound and 404 are known, the text is not."""
    return AwsError("ResourceNotFound", f"Resource Not Found: The record does not exist in FeatureGroup {name}.", 404)


def _refused(message: str) -> AwsError:
    """The prefix is that of the control plane."""
    return AwsError("ValidationError", f"Validation Error: {message}")


# The offline store. Its files are Parquet; of what is inside them sources say the types and little more.
# Timestamps are 64-bit microseconds in UTC.
OFFLINE_TIMESTAMP_UNIT = "us"
OFFLINE_COMPRESSION = "snappy"
# Known, and kept beside its neighbours: in public results of queries api_invocation_time has whole seconds, and
# write_time milliseconds.
API_INVOCATION_TIME_IN_SECONDS = True
# The partition keys of the Glue table; files lie in year=/month=/day=/hour= in any case. Public results of SELECT * on
# tables the service made show features, write_time, api_invocation_time and is_deleted, and no partition keys: so
# there are none, and Athena reads what lies under the location. With keys, a flush registers the partitions it writes.
OFFLINE_PARTITION_KEYS: tuple[str, ...] = ()
# Timestamps of an Iceberg table are instants (timestamptz): AWS's Spark connector writes Spark's own timestamps into
# it, which Iceberg takes for no other type unless it is configured to.
ICEBERG_TIMESTAMPS_HAVE_A_ZONE = True


def offline_column(feature: str) -> str:
    """Columns in files are named as the features were declared; in Glue, names are lower case. Readers know no case."""
    return feature


def offline_store_blocked(error: Exception) -> str:
    """The BlockedReason while files cannot be written; at most 1,024 characters, as the API reference has it."""
    return f"The offline store could not be written: {error}"[:1024]


# The Data Catalog.
# `Expression` of GetTables has to match the whole of a name.
EXPRESSION_MATCHES_WHOLE_NAME = True
# GetTableVersions begins with the newest.
NEWEST_VERSION_FIRST = True
# Columns without statistics are named in Errors; the call itself succeeds.
MISSING_STATISTICS_BY_COLUMN = True


def no_catalog(name: str) -> AwsError:
    """A catalogue of another account: not found, rather than denied."""
    return AwsError("EntityNotFoundException", f"Catalog {name} not found.")


def database_renamed() -> AwsError:
    """UpdateDatabase gives a database no new name."""
    return AwsError("InvalidInputException", "The name of a database can't be changed.")


def latest_version() -> AwsError:
    """The version of a table that stands cannot be deleted."""
    return AwsError("InvalidInputException", "The latest version of a table can't be deleted.")


def too_many_glue_tags(limit: int) -> AwsError:
    """More than 50 tags on a database or table: code and text."""
    return AwsError("InvalidInputException", f"A resource can have at most {limit} tags.")


# Lake Formation.
# The code of a request that does not fit its shape: the only one it models for bad input.
LAKE_VIOLATION = "InvalidInputException"


def not_all_held() -> AwsError:
    """Taking away more than is held takes nothing. The text is known for a principal that holds nothing at all."""
    return AwsError(
        "InvalidInputException",
        "No permissions revoked. Grantee has no permissions and no grantable permissions on resource.",
    )


# Amazon S3.
# A listing that starts after a key inside a common prefix passes over that prefix, as if it had started after it.
MARKER_PASSES_ITS_PREFIX = True


# Faults.
# The HTTP status of a ThrottlingException; the runtime's model has none.
THROTTLING_STATUS = 400
# The HTTP status of an ExpiredTokenException where the API is rest-json: the runtime, Lake Formation.
EXPIRED_TOKEN_STATUS = 403


def access_forbidden(user: str, action: str, resource: str) -> AwsError:
    """The runtime's code is known; its sentence is taken to be IAM's."""
    return AwsError("AccessForbidden", access_denied(user, action, resource).message, 403)


# Amazon Athena.
# The number of an error nobody has written down: an unspecific one of the user's.
UNSEEN_ERROR_TYPE = 1000
# OPTIMIZE and VACUUM count as DDL and leave an empty text.
UPKEEP_RESULT = "{id}.txt"
# UNLOAD leaves a manifest and metadata, and nothing at its OutputLocation.
UNLOAD_LEAVES_NO_BODY = True
# Partitions of feature groups are seen in the listing, registered or not.
OWN_PARTITIONS_BY_LISTING = True
# What a workgroup refuses, and a bucket for results that is not there.
WORKGROUP_DISABLED = "WorkGroup {} is disabled."
WORKGROUP_NOT_EMPTY = "WorkGroup {} is not empty"
PRIMARY_STAYS = "The primary workgroup can't be deleted"
NO_OUTPUT_BUCKET = "Unable to verify/create output bucket {}"
