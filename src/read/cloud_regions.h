/* cloud_regions.h - the country in which a region of a large cloud lies.
 *
 * A task file that names a region states where its work may be; Berth keeps the country. Sources:
 * the providers' own lists of regions ("AWS Regions and Availability Zones", "Google Cloud
 * locations", "Azure regions list"), as known in 2025. */
#ifndef BERTH_READ_CLOUD_REGIONS_H
#define BERTH_READ_CLOUD_REGIONS_H

#include "base/str.h"

/* ISO 3166-1 code of a region, or of the region that a zone such as "us-east-1a" or
 * "us-central1-b" belongs to; NULL when it is not in the list. */
const char *cloud_region_country(struct str region);

/* True for the name of a cloud that task files may carry (aws, gcp, kubernetes ...). */
bool cloud_is_known(struct str name);

#endif
