#pragma once

#include <jni.h>
#include <stdint.h>

// Texts and bytes given back are the caller's to free; NULL means that it failed.

char *portal_start_photo(JNIEnv *env, jobject activity);
void portal_forget_photo(JNIEnv *env, jobject activity, const char *uri);

typedef struct {
	double latitude, longitude, accuracy;
	int64_t millis;
} portal_place;

enum { PORTAL_FAILED, PORTAL_FOUND, PORTAL_ASKED, PORTAL_NOTHING };

int portal_locate(JNIEnv *env, jobject activity, portal_place *place);
void portal_stop_locating(JNIEnv *env, jobject activity);

char *portal_opened_with(JNIEnv *env, jobject activity);
void portal_ask_to_notify(JNIEnv *env, jobject activity);

// Sealed bytes are the nonce's length, the nonce, and what AES-GCM made.
unsigned char *portal_seal(JNIEnv *env, const char *alias, const unsigned char *in, int n, int *out_n);
unsigned char *portal_open(JNIEnv *env, const char *alias, const unsigned char *in, int n, int *out_n);
int portal_forget(JNIEnv *env, const char *alias);
