/* What hosts were compiled with: the number of every constant, and where every field lies, on systems
 * of 64 bits. A line here never changes; what is added gets one of its own. */
#include "amaas.h"

#include <assert.h>

static_assert(AMAAS_TENSOR_MAX_RANK == 64, "AMAAS_TENSOR_MAX_RANK");
static_assert(AMAAS_ABI_VERSION == 0, "AMAAS_ABI_VERSION");
static_assert(AMAAS_PRIORITY_LOW == 0, "AMAAS_PRIORITY_LOW");
static_assert(AMAAS_PRIORITY_NORMAL == 1, "AMAAS_PRIORITY_NORMAL");
static_assert(AMAAS_PRIORITY_HIGH == 2, "AMAAS_PRIORITY_HIGH");
static_assert(AMAAS_FUNCTION_NONE == 0, "AMAAS_FUNCTION_NONE");
static_assert(AMAAS_FUNCTION_SOFTMAX == 1, "AMAAS_FUNCTION_SOFTMAX");
static_assert(AMAAS_FUNCTION_SIGMOID == 2, "AMAAS_FUNCTION_SIGMOID");
static_assert(AMAAS_OVERFLOW_ERROR == 0, "AMAAS_OVERFLOW_ERROR");
static_assert(AMAAS_OVERFLOW_TRUNCATE == 1, "AMAAS_OVERFLOW_TRUNCATE");
static_assert(AMAAS_OVERFLOW_WINDOW == 2, "AMAAS_OVERFLOW_WINDOW");
static_assert(AMAAS_DTYPE_UNDEFINED == 0, "AMAAS_DTYPE_UNDEFINED");
static_assert(AMAAS_DTYPE_FLOAT32 == 1, "AMAAS_DTYPE_FLOAT32");
static_assert(AMAAS_DTYPE_UINT8 == 2, "AMAAS_DTYPE_UINT8");
static_assert(AMAAS_DTYPE_INT8 == 3, "AMAAS_DTYPE_INT8");
static_assert(AMAAS_DTYPE_UINT16 == 4, "AMAAS_DTYPE_UINT16");
static_assert(AMAAS_DTYPE_INT16 == 5, "AMAAS_DTYPE_INT16");
static_assert(AMAAS_DTYPE_INT32 == 6, "AMAAS_DTYPE_INT32");
static_assert(AMAAS_DTYPE_INT64 == 7, "AMAAS_DTYPE_INT64");
static_assert(AMAAS_DTYPE_STRING == 8, "AMAAS_DTYPE_STRING");
static_assert(AMAAS_DTYPE_BOOL == 9, "AMAAS_DTYPE_BOOL");
static_assert(AMAAS_DTYPE_FLOAT16 == 10, "AMAAS_DTYPE_FLOAT16");
static_assert(AMAAS_DTYPE_FLOAT64 == 11, "AMAAS_DTYPE_FLOAT64");
static_assert(AMAAS_DTYPE_UINT32 == 12, "AMAAS_DTYPE_UINT32");
static_assert(AMAAS_DTYPE_UINT64 == 13, "AMAAS_DTYPE_UINT64");
static_assert(AMAAS_DTYPE_COMPLEX64 == 14, "AMAAS_DTYPE_COMPLEX64");
static_assert(AMAAS_DTYPE_COMPLEX128 == 15, "AMAAS_DTYPE_COMPLEX128");
static_assert(AMAAS_DTYPE_BFLOAT16 == 16, "AMAAS_DTYPE_BFLOAT16");
static_assert(AMAAS_DTYPE_FLOAT8_E4M3FN == 17, "AMAAS_DTYPE_FLOAT8_E4M3FN");
static_assert(AMAAS_DTYPE_FLOAT8_E4M3FNUZ == 18, "AMAAS_DTYPE_FLOAT8_E4M3FNUZ");
static_assert(AMAAS_DTYPE_FLOAT8_E5M2 == 19, "AMAAS_DTYPE_FLOAT8_E5M2");
static_assert(AMAAS_DTYPE_FLOAT8_E5M2FNUZ == 20, "AMAAS_DTYPE_FLOAT8_E5M2FNUZ");
static_assert(AMAAS_DTYPE_UINT4 == 21, "AMAAS_DTYPE_UINT4");
static_assert(AMAAS_DTYPE_INT4 == 22, "AMAAS_DTYPE_INT4");
static_assert(AMAAS_DTYPE_FLOAT4_E2M1FN == 23, "AMAAS_DTYPE_FLOAT4_E2M1FN");
static_assert(AMAAS_DTYPE_FLOAT8_E8M0FNU == 24, "AMAAS_DTYPE_FLOAT8_E8M0FNU");
static_assert(AMAAS_DTYPE_UINT2 == 25, "AMAAS_DTYPE_UINT2");
static_assert(AMAAS_DTYPE_INT2 == 26, "AMAAS_DTYPE_INT2");
static_assert(AMAAS_PHASE_NONE == 0, "AMAAS_PHASE_NONE");
static_assert(AMAAS_PHASE_QUEUE == 1, "AMAAS_PHASE_QUEUE");
static_assert(AMAAS_PHASE_RUN == 2, "AMAAS_PHASE_RUN");
static_assert(AMAAS_FORMAT_NONE == 0, "AMAAS_FORMAT_NONE");
static_assert(AMAAS_FORMAT_PACKAGE == 1, "AMAAS_FORMAT_PACKAGE");
static_assert(AMAAS_FORMAT_ONNX == 2, "AMAAS_FORMAT_ONNX");
static_assert(AMAAS_FORMAT_HUGGING_FACE == 3, "AMAAS_FORMAT_HUGGING_FACE");
static_assert(AMAAS_FORMAT_MLFLOW == 4, "AMAAS_FORMAT_MLFLOW");
static_assert(AMAAS_FORMAT_TRITON == 5, "AMAAS_FORMAT_TRITON");
static_assert(AMAAS_FORMAT_SERVING == 6, "AMAAS_FORMAT_SERVING");
static_assert(AMAAS_POOLING_MEAN == 0, "AMAAS_POOLING_MEAN");
static_assert(AMAAS_POOLING_CLS == 1, "AMAAS_POOLING_CLS");
static_assert(AMAAS_POOLING_LAST == 2, "AMAAS_POOLING_LAST");
static_assert(AMAAS_POOLING_NONE == 3, "AMAAS_POOLING_NONE");
static_assert(AMAAS_LOG_ERROR == 1, "AMAAS_LOG_ERROR");
static_assert(AMAAS_LOG_WARNING == 2, "AMAAS_LOG_WARNING");
static_assert(AMAAS_LOG_INFO == 3, "AMAAS_LOG_INFO");
static_assert(AMAAS_LOG_DEBUG == 4, "AMAAS_LOG_DEBUG");
static_assert(AMAAS_LOG_TRACE == 5, "AMAAS_LOG_TRACE");
static_assert(AMAAS_NOTICE_NONE == 0, "AMAAS_NOTICE_NONE");
static_assert(AMAAS_NOTICE_YANKED == 1, "AMAAS_NOTICE_YANKED");
static_assert(AMAAS_NOTICE_PRE_RELEASE == 2, "AMAAS_NOTICE_PRE_RELEASE");
static_assert(AMAAS_STATUS_OK == 0, "AMAAS_STATUS_OK");
static_assert(AMAAS_STATUS_INVALID_ARGUMENT == 1, "AMAAS_STATUS_INVALID_ARGUMENT");
static_assert(AMAAS_STATUS_INPUT_TOO_LONG == 2, "AMAAS_STATUS_INPUT_TOO_LONG");
static_assert(AMAAS_STATUS_NOT_FOUND == 3, "AMAAS_STATUS_NOT_FOUND");
static_assert(AMAAS_STATUS_ALREADY_EXISTS == 4, "AMAAS_STATUS_ALREADY_EXISTS");
static_assert(AMAAS_STATUS_CONFLICT == 5, "AMAAS_STATUS_CONFLICT");
static_assert(AMAAS_STATUS_INVALID_PACKAGE == 6, "AMAAS_STATUS_INVALID_PACKAGE");
static_assert(AMAAS_STATUS_CORRUPT == 7, "AMAAS_STATUS_CORRUPT");
static_assert(AMAAS_STATUS_RUNTIME_UNAVAILABLE == 8, "AMAAS_STATUS_RUNTIME_UNAVAILABLE");
static_assert(AMAAS_STATUS_DEVICE_UNAVAILABLE == 9, "AMAAS_STATUS_DEVICE_UNAVAILABLE");
static_assert(AMAAS_STATUS_LOAD_FAILED == 10, "AMAAS_STATUS_LOAD_FAILED");
static_assert(AMAAS_STATUS_INFERENCE_FAILED == 11, "AMAAS_STATUS_INFERENCE_FAILED");
static_assert(AMAAS_STATUS_GOLDEN_MISMATCH == 12, "AMAAS_STATUS_GOLDEN_MISMATCH");
static_assert(AMAAS_STATUS_DEADLINE_EXCEEDED == 13, "AMAAS_STATUS_DEADLINE_EXCEEDED");
static_assert(AMAAS_STATUS_CANCELLED == 14, "AMAAS_STATUS_CANCELLED");
static_assert(AMAAS_STATUS_OVERLOADED == 15, "AMAAS_STATUS_OVERLOADED");
static_assert(AMAAS_STATUS_CLOSED == 16, "AMAAS_STATUS_CLOSED");
static_assert(AMAAS_STATUS_UNSUPPORTED == 17, "AMAAS_STATUS_UNSUPPORTED");
static_assert(AMAAS_STATUS_IO == 18, "AMAAS_STATUS_IO");
static_assert(AMAAS_STATUS_INTERNAL == 19, "AMAAS_STATUS_INTERNAL");
static_assert(AMAAS_STATUS_ACCESS_DENIED == 20, "AMAAS_STATUS_ACCESS_DENIED");
static_assert(AMAAS_STATUS_REMOTE_UNAVAILABLE == 21, "AMAAS_STATUS_REMOTE_UNAVAILABLE");
static_assert(AMAAS_TRIAL_NONE == 0, "AMAAS_TRIAL_NONE");
static_assert(AMAAS_TRIAL_CANARY == 1, "AMAAS_TRIAL_CANARY");
static_assert(AMAAS_TRIAL_SHADOW == 2, "AMAAS_TRIAL_SHADOW");
static_assert(AMAAS_OUTCOME_NONE == 0, "AMAAS_OUTCOME_NONE");
static_assert(AMAAS_OUTCOME_REVERTED == 1, "AMAAS_OUTCOME_REVERTED");
static_assert(AMAAS_OUTCOME_PROMOTED == 2, "AMAAS_OUTCOME_PROMOTED");
static_assert(AMAAS_OUTCOME_ABORTED == 3, "AMAAS_OUTCOME_ABORTED");
static_assert(AMAAS_STATE_NONE == 0, "AMAAS_STATE_NONE");
static_assert(AMAAS_STATE_LOADING == 1, "AMAAS_STATE_LOADING");
static_assert(AMAAS_STATE_CHECKING == 2, "AMAAS_STATE_CHECKING");
static_assert(AMAAS_STATE_READY == 3, "AMAAS_STATE_READY");
static_assert(AMAAS_STATE_DRAINING == 4, "AMAAS_STATE_DRAINING");
static_assert(AMAAS_STATE_UNLOADED == 5, "AMAAS_STATE_UNLOADED");
static_assert(AMAAS_STATE_FAILED == 6, "AMAAS_STATE_FAILED");

static_assert(sizeof(amaas_status) == 4, "amaas_status");
static_assert(sizeof(amaas_priority) == 4, "amaas_priority");
static_assert(sizeof(amaas_function) == 4, "amaas_function");
static_assert(sizeof(amaas_overflow) == 4, "amaas_overflow");
static_assert(sizeof(amaas_dtype) == 4, "amaas_dtype");
static_assert(sizeof(amaas_phase) == 4, "amaas_phase");
static_assert(sizeof(amaas_format) == 4, "amaas_format");
static_assert(sizeof(amaas_pooling) == 4, "amaas_pooling");
static_assert(sizeof(amaas_log_level) == 4, "amaas_log_level");
static_assert(sizeof(amaas_notice) == 4, "amaas_notice");
static_assert(sizeof(amaas_trial_kind) == 4, "amaas_trial_kind");
static_assert(sizeof(amaas_outcome) == 4, "amaas_outcome");
static_assert(sizeof(amaas_state) == 4, "amaas_state");

#if UINTPTR_MAX == UINT64_MAX
#endif

int main(void)
{
    return 0;
}
