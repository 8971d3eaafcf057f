// What the generated C names of Android's log, so that it compiles on a desktop.
#include <stdio.h>
#include <stdlib.h>

#define ANDROID_LOG_INFO "info"
#define ANDROID_LOG_FATAL "fatal"

#define __android_log_print(level, tag, ...) \
	(fprintf(stderr, "%s %s: ", level, tag), fprintf(stderr, __VA_ARGS__), fputc('\n', stderr))
#define __android_log_assert(condition, tag, ...) \
	(__android_log_print("fatal", tag, __VA_ARGS__), abort())
