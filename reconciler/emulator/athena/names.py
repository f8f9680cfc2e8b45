"""The functions of Trino, as Athena engine version 3 has them (Trino documentation, list of functions).

Whatever is not here is no function to a query, whatever DuckDB would make of it.
"""

from __future__ import annotations

FUNCTIONS = frozenset(
    """
abs acos all all_match any any_match any_value approx_distinct approx_most_frequent approx_percentile arbitrary
array array_agg array_distinct array_except array_first array_intersect array_join array_last array_max
array_min array_position array_remove array_sort array_union arrays_overlap asin at_timezone atan atan2 avg
bit_count bitwise_and bitwise_and_agg bitwise_left_shift bitwise_not bitwise_or bitwise_or_agg
bitwise_right_shift bitwise_xor bool_and bool_or cardinality case cast cbrt ceil ceiling char_length
character_length checksum chr coalesce codepoint combinations concat concat_ws contains corr cos cosh
cosine_similarity count count_if covar_pop covar_samp crc32 cume_dist current_date current_time
current_timestamp current_timezone current_user date date_add date_diff date_format date_parse date_trunc day
day_of_month day_of_week day_of_year degrees dense_rank dow doy e element_at ends_with every exists exp extract
filter first_value flatten floor format format_datetime from_base from_base64 from_big_endian_64 from_hex
from_iso8601_date from_iso8601_timestamp from_iso8601_timestamp_nanos from_unixtime from_unixtime_nanos
from_utf8 geometric_mean greatest grouping hamming_distance histogram hmac_sha256 hour human_readable_seconds if
index infinity interval inverse_normal_cdf is_finite is_infinite is_json_scalar is_nan json_array
json_array_contains json_array_get json_array_length json_exists json_extract json_extract_scalar json_format
json_object json_parse json_query json_size json_value kurtosis lag last_day_of_month last_value lead least
length levenshtein_distance listagg ln localtime localtimestamp log log10 log2 lower lpad ltrim luhn_check map
map_agg map_concat map_entries map_filter map_from_entries map_keys map_values map_zip_with max max_by md5
millisecond min min_by minute mod month multimap_agg nan ngrams none_match normal_cdf normalize now nth_value
ntile nullif numeric_histogram overlay parse_datetime parse_duration percent_rank pi position pow power quarter
radians rand random rank reduce reduce_agg regexp_count regexp_extract regexp_extract_all regexp_like
regexp_position regexp_replace regexp_split regr_intercept regr_slope repeat replace reverse round row
row_number rpad rtrim second sequence sha1 sha256 sha512 shuffle sign sin sinh skewness slice some soundex split
split_part split_to_map sqrt starts_with stddev stddev_pop stddev_samp strpos strrpos substr substring sum tan
tanh timestamp timezone_hour timezone_minute to_base to_base64 to_big_endian_64 to_char to_date to_hex
to_iso8601 to_milliseconds to_timestamp to_unixtime to_utf8 transform transform_keys transform_values translate
trim truncate try try_cast typeof unnest upper url_decode url_encode url_extract_fragment url_extract_host
url_extract_parameter url_extract_path url_extract_port url_extract_protocol url_extract_query uuid values
var_pop var_samp variance version week week_of_year width_bucket with_timezone word_stem xxhash64 year
year_of_week yow zip zip_with
""".split()  # noqa: SIM905 - three hundred names
)
