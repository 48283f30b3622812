#include "model/ids.h"

const char *const tri_names[3] = {"unknown", "no", "yes"};
