#include "port/sha256.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <pthread.h>

/* Looked up once: OpenSSL 3 takes longer to find an algorithm than to hash a record with it. Lives
 * as long as the process; OpenSSL frees it at exit. */
static EVP_MD *algorithm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find_algorithm(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    /* Every provider has it, the FIPS one too: without it the installation is broken. */
    ASSERT(algorithm != NULL);
}

void sha256(const struct str *parts, size_t count, unsigned char out[SHA256_BYTES])
{
    ASSERT(pthread_once(&once, find_algorithm) == 0);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    ASSERT(c != NULL); /* out of memory: docs/decisions/0002-out-of-memory.md */
    ASSERT(EVP_DigestInit_ex(c, algorithm, NULL) == 1);
    for (size_t i = 0; i < count; i++)
        if (parts[i].len > 0) ASSERT(EVP_DigestUpdate(c, parts[i].p, parts[i].len) == 1);
    ASSERT(EVP_DigestFinal_ex(c, out, NULL) == 1);
    EVP_MD_CTX_free(c);
}

void sha256_of(struct str text, unsigned char out[SHA256_BYTES])
{
    sha256(&text, 1, out);
}
