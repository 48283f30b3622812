#include "port/sha256.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <pthread.h>

/* Looked up once: OpenSSL 3 takes longer to find an algorithm than to hash a record with it. Lives
 * as long as the process; OpenSSL frees it at exit. */
static EVP_MD *algorithm;
/* One context for each thread, for the same reason; freed at the thread's end. */
static pthread_key_t context_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void find_algorithm(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    /* Every provider has it, the FIPS one too: without it the installation is broken. */
    ASSERT(algorithm != NULL);
    ASSERT(pthread_key_create(&context_key, free_context) == 0);
}

static EVP_MD_CTX *context_of_thread(void)
{
    ASSERT(pthread_once(&once, find_algorithm) == 0);
    EVP_MD_CTX *c = pthread_getspecific(context_key);
    if (c != NULL) return c;
    c = EVP_MD_CTX_new();
    ASSERT(c != NULL); /* out of memory: docs/decisions/0002-out-of-memory.md */
    ASSERT(pthread_setspecific(context_key, c) == 0);
    return c;
}

void sha256(const struct str *parts, size_t count, unsigned char out[SHA256_BYTES])
{
    EVP_MD_CTX *c = context_of_thread();
    ASSERT(EVP_DigestInit_ex(c, algorithm, NULL) == 1);
    for (size_t i = 0; i < count; i++)
        if (parts[i].len > 0) ASSERT(EVP_DigestUpdate(c, parts[i].p, parts[i].len) == 1);
    ASSERT(EVP_DigestFinal_ex(c, out, NULL) == 1);
}

void sha256_of(struct str text, unsigned char out[SHA256_BYTES])
{
    sha256(&text, 1, out);
}
