/* country.c - which country codes exist: the officially assigned alpha-2 codes of ISO 3166-1 (249,
 * as the ISO Online Browsing Platform lists them in 2025), in order. data/countries.csv has their
 * names; a test keeps the two equal. */
#include "model/fleet.h"

static const char codes[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS "
    "BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC "
    "EE "
    "EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK "
    "HM "
    "HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB "
    "LC "
    "LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ "
    "NA "
    "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU "
    "RW "
    "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN "
    "TO "
    "TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

bool country_is_valid(struct str code)
{
    return code.len == 2 && code.p[0] >= 'A' && code.p[0] <= 'Z' && code.p[1] >= 'A' &&
           code.p[1] <= 'Z';
}

bool country_exists(struct str code)
{
    if (!country_is_valid(code)) return false;
    for (size_t i = 0; i + 1 < sizeof codes; i += 3)
        if (codes[i] == code.p[0] && codes[i + 1] == code.p[1]) return true;
    /* The codes that ISO leaves to users: AA, QM-QZ, XA-XZ, ZZ. */
    return str_eqz(code, "AA") || str_eqz(code, "ZZ") || code.p[0] == 'X' ||
           (code.p[0] == 'Q' && code.p[1] >= 'M');
}
