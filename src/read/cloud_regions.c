#include "read/cloud_regions.h"

#include <string.h>

/* Country, then its regions between blanks: AWS, Google Cloud, Azure. */
static const struct {
    const char *country, *regions;
} countries[] = {
    {"US", " us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 us-central1"
           " us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4 eastus"
           " eastus2 westus westus2 westus3 centralus northcentralus southcentralus"
           " westcentralus "},
    {"CA", " ca-central-1 ca-west-1 northamerica-northeast1 northamerica-northeast2 canadacentral"
           " canadaeast "},
    {"MX", " mx-central-1 northamerica-south1 mexicocentral "},
    {"BR", " sa-east-1 southamerica-east1 brazilsouth brazilsoutheast "},
    {"CL", " southamerica-west1 chilecentral "},
    {"IE", " eu-west-1 northeurope "},
    {"GB", " eu-west-2 europe-west2 uksouth ukwest "},
    {"FR", " eu-west-3 europe-west9 francecentral francesouth "},
    {"DE", " eu-central-1 europe-west3 europe-west10 germanywestcentral germanynorth "},
    {"CH", " eu-central-2 europe-west6 switzerlandnorth switzerlandwest "},
    {"SE", " eu-north-1 europe-north2 swedencentral "},
    {"IT", " eu-south-1 europe-west8 europe-west12 italynorth "},
    {"ES", " eu-south-2 europe-southwest1 spaincentral "},
    {"BE", " europe-west1 "},
    {"NL", " europe-west4 westeurope "},
    {"FI", " europe-north1 "},
    {"PL", " europe-central2 polandcentral "},
    {"NO", " norwayeast norwaywest "},
    {"AT", " austriaeast "},
    {"JP", " ap-northeast-1 ap-northeast-3 asia-northeast1 asia-northeast2 japaneast japanwest "},
    {"KR", " ap-northeast-2 asia-northeast3 koreacentral koreasouth "},
    {"SG", " ap-southeast-1 asia-southeast1 southeastasia "},
    {"AU", " ap-southeast-2 ap-southeast-4 australia-southeast1 australia-southeast2"
           " australiaeast australiasoutheast australiacentral "},
    {"ID", " ap-southeast-3 asia-southeast2 indonesiacentral "},
    {"MY", " ap-southeast-5 malaysiawest "},
    {"TH", " ap-southeast-7 "},
    {"NZ", " ap-southeast-6 newzealandnorth "},
    {"IN", " ap-south-1 ap-south-2 asia-south1 asia-south2 centralindia southindia westindia "},
    {"HK", " ap-east-1 asia-east2 eastasia "},
    {"TW", " ap-east-2 asia-east1 "},
    {"CN", " cn-north-1 cn-northwest-1 chinanorth chinanorth2 chinanorth3 chinaeast chinaeast2"
           " chinaeast3 "},
    {"BH", " me-south-1 "},
    {"AE", " me-central-1 uaenorth uaecentral "},
    {"QA", " me-central1 qatarcentral "},
    {"SA", " me-central2 "},
    {"IL", " il-central-1 me-west1 israelcentral "},
    {"ZA", " af-south-1 africa-south1 southafricanorth southafricawest "},
};

static bool has_word(const char *list, struct str word)
{
    for (const char *p = list; (p = strchr(p, ' ')) != NULL; p++) {
        size_t left = strlen(p + 1);
        if (left > word.len && memcmp(p + 1, word.p, word.len) == 0 && p[1 + word.len] == ' ')
            return true;
    }
    return false;
}

static const char *find(struct str region)
{
    if (region.len == 0 || memchr(region.p, ' ', region.len) != NULL) return NULL;
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++)
        if (has_word(countries[i].regions, region)) return countries[i].country;
    return NULL;
}

const char *cloud_region_country(struct str region)
{
    const char *country = find(region);
    bool is_zone =
        region.len > 3 && region.p[region.len - 1] >= 'a' && region.p[region.len - 1] <= 'f';
    if (country != NULL || !is_zone) return country;
    region.len--;
    country = find(region);
    if (country == NULL && region.p[region.len - 1] == '-')
        country = find((struct str){region.p, region.len - 1});
    return country;
}

bool cloud_is_known(struct str name)
{
    static const char clouds[] =
        " aws azure cloudflare cudo do fluidstack gcp hyperbolic ibm k8s kubernetes lambda local"
        " mithril nebius oci paperspace primeintellect runpod scp seeweb shadeform slurm ssh vast"
        " verda vsphere ";
    return name.len > 0 && memchr(name.p, ' ', name.len) == NULL && has_word(clouds, name);
}
