#include <stdatomic.h>
#include <string.h>

#include "operator.h"

static const char *const DOMAIN_NAME = "glassbox";
static const OrtCustomOp *const OPERATORS[] = {&gb_product_operator, &gb_feed_forward_operator, &gb_experts_operator,
                                              &gb_router_operator,  &gb_attention_operator,    &gb_latent_attention_operator,
                                              &gb_norm_operator};

/** One for the process, never released: sessions point to it for as long as they live. */
static _Atomic(OrtCustomOpDomain *) the_domain;

/** Null when ONNX Runtime refused something; what was made until then is left, for nothing else comes of it. */
static OrtCustomOpDomain *domain_of(const OrtApi *api) {
  OrtCustomOpDomain *domain = atomic_load(&the_domain);
  if (domain != NULL) return domain;
  if (ORT_CreateCustomOpDomain(api)(DOMAIN_NAME, &domain) != NULL) return NULL;
  for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++) {
    if (ORT_CustomOpDomain_Add(api)(domain, OPERATORS[i]) != NULL) return NULL;
  }
  OrtCustomOpDomain *other = NULL;
  /* Another thread may have been quicker: then its domain is the one, and ours stays unused. */
  return atomic_compare_exchange_strong(&the_domain, &other, domain) ? domain : other;
}

const char *gb_register_operators(void *session_options, const void *api_base) {
  const OrtApiBase *base = api_base;
  if (strcmp(base->GetVersionString(), ORT_PINNED_VERSION) != 0)
    return "the operators were built for ONNX Runtime " ORT_PINNED_VERSION;
  const OrtApi *api = base->GetApi(ORT_API_VERSION);
  if (api == NULL) return "ONNX Runtime does not offer the interface that the operators were built for";
  OrtCustomOpDomain *domain = domain_of(api);
  if (domain == NULL) return "ONNX Runtime did not take the operators";
  return ORT_AddCustomOpDomain(api)(session_options, domain) == NULL ? NULL : "ONNX Runtime did not take the operators";
}
