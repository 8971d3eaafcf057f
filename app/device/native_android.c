// What the app asks of Android, through JNI. Every call looks for an exception; one
// makes the whole fail, and the caller goes its plain way.

#include "native_android.h"

#include <android/log.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// Local references are given back by frame, so that nothing piles up on Fyne's thread.
#define FRAME 32

static int failed(JNIEnv *env) {
	if (!(*env)->ExceptionCheck(env)) {
		return 0;
	}
	(*env)->ExceptionDescribe(env); // to the phone's log
	(*env)->ExceptionClear(env);
	return 1;
}

// A class or method that this Android does not have gives NULL, and so does calling on
// NULL: chains of calls need one check, at their end.

static jclass class_of(JNIEnv *env, const char *name) {
	jclass c = (*env)->FindClass(env, name);
	return failed(env) ? NULL : c;
}

static jstring text(JNIEnv *env, const char *s) {
	jstring j = (*env)->NewStringUTF(env, s);
	return failed(env) ? NULL : j;
}

static jobject object(JNIEnv *env, jobject on, const char *name, const char *signature, ...) {
	if (on == NULL) {
		return NULL;
	}
	jmethodID m = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, on), name, signature);
	if (failed(env)) {
		return NULL;
	}
	va_list args;
	va_start(args, signature);
	jobject result = (*env)->CallObjectMethodV(env, on, m, args);
	va_end(args);
	return failed(env) ? NULL : result;
}

// Calls what gives nothing back; 0 if it failed.
static int act(JNIEnv *env, jobject on, const char *name, const char *signature, ...) {
	if (on == NULL) {
		return 0;
	}
	jmethodID m = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, on), name, signature);
	if (failed(env)) {
		return 0;
	}
	va_list args;
	va_start(args, signature);
	(*env)->CallVoidMethodV(env, on, m, args);
	va_end(args);
	return !failed(env);
}

static jobject fixed(JNIEnv *env, const char *class, const char *name, const char *signature, ...) {
	jclass c = class_of(env, class);
	if (c == NULL) {
		return NULL;
	}
	jmethodID m = (*env)->GetStaticMethodID(env, c, name, signature);
	if (failed(env)) {
		return NULL;
	}
	va_list args;
	va_start(args, signature);
	jobject result = (*env)->CallStaticObjectMethodV(env, c, m, args);
	va_end(args);
	return failed(env) ? NULL : result;
}

static jobject make(JNIEnv *env, const char *class, const char *signature, ...) {
	jclass c = class_of(env, class);
	if (c == NULL) {
		return NULL;
	}
	jmethodID m = (*env)->GetMethodID(env, c, "<init>", signature);
	if (failed(env)) {
		return NULL;
	}
	va_list args;
	va_start(args, signature);
	jobject result = (*env)->NewObjectV(env, c, m, args);
	va_end(args);
	return failed(env) ? NULL : result;
}

static jint number(JNIEnv *env, jobject on, const char *name, const char *signature, jobject argument, jint otherwise) {
	if (on == NULL) {
		return otherwise;
	}
	jmethodID m = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, on), name, signature);
	if (failed(env)) {
		return otherwise;
	}
	jint result = (*env)->CallIntMethod(env, on, m, argument);
	return failed(env) ? otherwise : result;
}

static int truth(JNIEnv *env, jobject on, const char *name, const char *signature, jobject argument) {
	if (on == NULL) {
		return 0;
	}
	jmethodID m = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, on), name, signature);
	if (failed(env)) {
		return 0;
	}
	jboolean result = (*env)->CallBooleanMethod(env, on, m, argument);
	return !failed(env) && result;
}

static jobjectArray texts(JNIEnv *env, const char *only) {
	jclass string = class_of(env, "java/lang/String");
	jstring s = text(env, only);
	if (string == NULL || s == NULL) {
		return NULL;
	}
	jobjectArray a = (*env)->NewObjectArray(env, 1, string, s);
	return failed(env) ? NULL : a;
}

static char *copied(JNIEnv *env, jstring s) {
	if (s == NULL) {
		return NULL;
	}
	const char *chars = (*env)->GetStringUTFChars(env, s, NULL);
	if (chars == NULL) {
		failed(env);
		return NULL;
	}
	char *copy = strdup(chars);
	(*env)->ReleaseStringUTFChars(env, s, chars);
	return copy;
}

static jobject intent(JNIEnv *env, const char *action) {
	return make(env, "android/content/Intent", "(Ljava/lang/String;)V", text(env, action));
}

static int allowed(JNIEnv *env, jobject activity, const char *permission) {
	return number(env, activity, "checkSelfPermission", "(Ljava/lang/String;)I", text(env, permission), -1) == 0;
}

static int ask(JNIEnv *env, jobject activity, const char *permission) {
	jobjectArray permissions = texts(env, permission);
	return permissions != NULL && act(env, activity, "requestPermissions", "([Ljava/lang/String;I)V", permissions, (jint)1);
}

// --- photos -----------------------------------------------------------------------

#define WITH_URI "(Landroid/net/Uri;Ljava/lang/String;[Ljava/lang/String;)I"

static jobject resolver(JNIEnv *env, jobject activity) {
	return object(env, activity, "getContentResolver", "()Landroid/content/ContentResolver;");
}

static void forget_photo(JNIEnv *env, jobject activity, jobject uri) {
	jobject r = resolver(env, activity);
	if (r == NULL || uri == NULL) {
		return;
	}
	jmethodID m = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, r), "delete", WITH_URI);
	if (!failed(env)) {
		(*env)->CallIntMethod(env, r, m, uri, NULL, NULL);
		failed(env);
	}
}

// The camera's program writes into an entry of the gallery that we make. From Android
// 10 on that takes no permission; before, it fails, and a photo comes from a file.
static char *start_photo(JNIEnv *env, jobject activity) {
	jobject gallery = fixed(env, "android/net/Uri", "parse", "(Ljava/lang/String;)Landroid/net/Uri;",
		text(env, "content://media/external/images/media"));
	jobject values = make(env, "android/content/ContentValues", "()V");
	if (gallery == NULL || !act(env, values, "put", "(Ljava/lang/String;Ljava/lang/String;)V", text(env, "mime_type"), text(env, "image/jpeg"))) {
		return NULL;
	}
	jobject uri = object(env, resolver(env, activity), "insert",
		"(Landroid/net/Uri;Landroid/content/ContentValues;)Landroid/net/Uri;", gallery, values);
	jobject camera = intent(env, "android.media.action.IMAGE_CAPTURE");
	if (uri == NULL || camera == NULL) {
		return NULL;
	}
	object(env, camera, "putExtra", "(Ljava/lang/String;Landroid/os/Parcelable;)Landroid/content/Intent;", text(env, "output"), uri);
	object(env, camera, "addFlags", "(I)Landroid/content/Intent;", (jint)3); // may read and write that entry
	if (!act(env, activity, "startActivity", "(Landroid/content/Intent;)V", camera)) {
		forget_photo(env, activity, uri);
		return NULL;
	}
	return copied(env, object(env, uri, "toString", "()Ljava/lang/String;"));
}

char *portal_start_photo(JNIEnv *env, jobject activity) {
	if ((*env)->PushLocalFrame(env, FRAME) != 0) {
		failed(env);
		return NULL;
	}
	char *uri = start_photo(env, activity);
	(*env)->PopLocalFrame(env, NULL);
	return uri;
}

void portal_forget_photo(JNIEnv *env, jobject activity, const char *name) {
	if ((*env)->PushLocalFrame(env, FRAME) != 0) {
		failed(env);
		return;
	}
	forget_photo(env, activity, fixed(env, "android/net/Uri", "parse", "(Ljava/lang/String;)Landroid/net/Uri;", text(env, name)));
	(*env)->PopLocalFrame(env, NULL);
}

// --- places -----------------------------------------------------------------------

#define FINE "android.permission.ACCESS_FINE_LOCATION"
#define COARSE "android.permission.ACCESS_COARSE_LOCATION"

static jobject locations(JNIEnv *env, jobject activity) {
	return object(env, activity, "getSystemService", "(Ljava/lang/String;)Ljava/lang/Object;", text(env, "location"));
}

// Without a class of our own nobody can be called back, so the system is told to
// broadcast to us, which it does to no one; looking for the place it does all the same.
static jobject broadcast(JNIEnv *env, jobject activity) {
	jobject i = intent(env, "io.github.citizensportal.portal.PLACE");
	jobject package = object(env, activity, "getPackageName", "()Ljava/lang/String;");
	if (i == NULL || package == NULL) {
		return NULL;
	}
	object(env, i, "setPackage", "(Ljava/lang/String;)Landroid/content/Intent;", package);
	const jint immutable = 1 << 26;
	return fixed(env, "android/app/PendingIntent", "getBroadcast",
		"(Landroid/content/Context;ILandroid/content/Intent;I)Landroid/app/PendingIntent;", activity, (jint)0, i, immutable);
}

static void read_place(JNIEnv *env, jobject location, portal_place *place) {
	jclass c = (*env)->GetObjectClass(env, location);
	jmethodID time = (*env)->GetMethodID(env, c, "getTime", "()J");
	jmethodID latitude = (*env)->GetMethodID(env, c, "getLatitude", "()D");
	jmethodID longitude = (*env)->GetMethodID(env, c, "getLongitude", "()D");
	jmethodID accuracy = (*env)->GetMethodID(env, c, "getAccuracy", "()F");
	if (failed(env)) {
		return;
	}
	int64_t millis = (*env)->CallLongMethod(env, location, time);
	if (millis <= place->millis) {
		return;
	}
	place->millis = millis;
	place->latitude = (*env)->CallDoubleMethod(env, location, latitude);
	place->longitude = (*env)->CallDoubleMethod(env, location, longitude);
	place->accuracy = (*env)->CallFloatMethod(env, location, accuracy);
	failed(env);
}

static int find_place(JNIEnv *env, jobject activity, portal_place *place) {
	static const char *const providers[] = {"gps", "network"};
	if (!allowed(env, activity, FINE) && !allowed(env, activity, COARSE)) {
		jclass string = class_of(env, "java/lang/String");
		jobjectArray both = string == NULL ? NULL : (*env)->NewObjectArray(env, 2, string, text(env, FINE));
		if (both == NULL) {
			failed(env);
			return PORTAL_FAILED;
		}
		(*env)->SetObjectArrayElement(env, both, 1, text(env, COARSE));
		return act(env, activity, "requestPermissions", "([Ljava/lang/String;I)V", both, (jint)2) ? PORTAL_ASKED : PORTAL_FAILED;
	}
	jobject manager = locations(env, activity), pending = broadcast(env, activity);
	if (manager == NULL) {
		return PORTAL_FAILED;
	}
	for (int i = 0; i < 2; i++) {
		jobject provider = text(env, providers[i]);
		jobject location = object(env, manager, "getLastKnownLocation", "(Ljava/lang/String;)Landroid/location/Location;", provider);
		if (location != NULL) {
			read_place(env, location, place);
		}
		if (pending != NULL) {
			act(env, manager, "requestLocationUpdates", "(Ljava/lang/String;JFLandroid/app/PendingIntent;)V",
				provider, (jlong)1000, (jdouble)0, pending);
		}
	}
	return place->millis > 0 ? PORTAL_FOUND : PORTAL_NOTHING;
}

int portal_locate(JNIEnv *env, jobject activity, portal_place *place) {
	if ((*env)->PushLocalFrame(env, FRAME) != 0) {
		failed(env);
		return PORTAL_FAILED;
	}
	memset(place, 0, sizeof *place);
	int result = find_place(env, activity, place);
	(*env)->PopLocalFrame(env, NULL);
	return result;
}

void portal_stop_locating(JNIEnv *env, jobject activity) {
	if ((*env)->PushLocalFrame(env, FRAME) != 0) {
		failed(env);
		return;
	}
	jobject pending = broadcast(env, activity);
	if (pending != NULL) {
		act(env, locations(env, activity), "removeUpdates", "(Landroid/app/PendingIntent;)V", pending);
	}
	(*env)->PopLocalFrame(env, NULL);
}

// --- how the program was opened, and telling of news --------------------------------

// The intent is replaced, so that it is told once.
static char *opened_with(JNIEnv *env, jobject activity) {
	jobject opened = object(env, activity, "getIntent", "()Landroid/content/Intent;");
	char *address = copied(env, object(env, opened, "getDataString", "()Ljava/lang/String;"));
	if (address != NULL) {
		jobject plain = make(env, "android/content/Intent", "()V");
		if (plain != NULL) {
			act(env, activity, "setIntent", "(Landroid/content/Intent;)V", plain);
		}
	}
	return address;
}

char *portal_opened_with(JNIEnv *env, jobject activity) {
	if ((*env)->PushLocalFrame(env, FRAME) != 0) {
		failed(env);
		return NULL;
	}
	char *address = opened_with(env, activity);
	(*env)->PopLocalFrame(env, NULL);
	return address;
}

#define NOTIFY "android.permission.POST_NOTIFICATIONS"

// Before Android 13 there is no such permission, and asking changes nothing.
void portal_ask_to_notify(JNIEnv *env, jobject activity) {
	if ((*env)->PushLocalFrame(env, FRAME) != 0) {
		failed(env);
		return;
	}
	if (!allowed(env, activity, NOTIFY)) {
		ask(env, activity, NOTIFY);
	}
	(*env)->PopLocalFrame(env, NULL);
}

// --- keys ---------------------------------------------------------------------------

#define STORE "AndroidKeyStore"

static jobject key_store(JNIEnv *env) {
	jobject store = fixed(env, "java/security/KeyStore", "getInstance", "(Ljava/lang/String;)Ljava/security/KeyStore;", text(env, STORE));
	if (!act(env, store, "load", "(Ljava/security/KeyStore$LoadStoreParameter;)V", NULL)) {
		return NULL;
	}
	return store;
}

static void generate(JNIEnv *env, jstring alias) {
	const jint encrypt_and_decrypt = 3;
	jobject spec = make(env, "android/security/keystore/KeyGenParameterSpec$Builder", "(Ljava/lang/String;I)V", alias, encrypt_and_decrypt);
	spec = object(env, spec, "setBlockModes", "([Ljava/lang/String;)Landroid/security/keystore/KeyGenParameterSpec$Builder;", texts(env, "GCM"));
	spec = object(env, spec, "setEncryptionPaddings", "([Ljava/lang/String;)Landroid/security/keystore/KeyGenParameterSpec$Builder;", texts(env, "NoPadding"));
	spec = object(env, spec, "setKeySize", "(I)Landroid/security/keystore/KeyGenParameterSpec$Builder;", (jint)256);
	spec = object(env, spec, "build", "()Landroid/security/keystore/KeyGenParameterSpec;");
	jobject generator = fixed(env, "javax/crypto/KeyGenerator", "getInstance",
		"(Ljava/lang/String;Ljava/lang/String;)Ljavax/crypto/KeyGenerator;", text(env, "AES"), text(env, STORE));
	if (spec != NULL && act(env, generator, "init", "(Ljava/security/spec/AlgorithmParameterSpec;)V", spec)) {
		object(env, generator, "generateKey", "()Ljavax/crypto/SecretKey;");
	}
}

static jobject key(JNIEnv *env, const char *name, int may_make) {
	jobject store = key_store(env);
	jstring alias = text(env, name);
	if (store == NULL || alias == NULL) {
		return NULL;
	}
	if (may_make && !truth(env, store, "containsAlias", "(Ljava/lang/String;)Z", alias)) {
		generate(env, alias);
	}
	return object(env, store, "getKey", "(Ljava/lang/String;[C)Ljava/security/Key;", alias, NULL);
}

static jobject cipher(JNIEnv *env) {
	return fixed(env, "javax/crypto/Cipher", "getInstance", "(Ljava/lang/String;)Ljavax/crypto/Cipher;", text(env, "AES/GCM/NoPadding"));
}

static jbyteArray bytes(JNIEnv *env, const unsigned char *in, int n) {
	jbyteArray a = (*env)->NewByteArray(env, n);
	if (failed(env) || a == NULL) {
		return NULL;
	}
	(*env)->SetByteArrayRegion(env, a, 0, n, (const jbyte *)in);
	return failed(env) ? NULL : a;
}

static unsigned char *joined(JNIEnv *env, jbyteArray nonce, jbyteArray sealed, int *n) {
	int a = (*env)->GetArrayLength(env, nonce), b = (*env)->GetArrayLength(env, sealed);
	unsigned char *out = a > 255 ? NULL : malloc(1 + a + b);
	if (out == NULL) {
		return NULL;
	}
	out[0] = (unsigned char)a;
	(*env)->GetByteArrayRegion(env, nonce, 0, a, (jbyte *)out + 1);
	(*env)->GetByteArrayRegion(env, sealed, 0, b, (jbyte *)out + 1 + a);
	*n = 1 + a + b;
	return out;
}

static unsigned char *seal(JNIEnv *env, const char *alias, const unsigned char *in, int n, int *out_n) {
	jobject k = key(env, alias, 1), c = cipher(env);
	jbyteArray plain = bytes(env, in, n);
	if (k == NULL || plain == NULL || !act(env, c, "init", "(ILjava/security/Key;)V", (jint)1, k)) {
		return NULL;
	}
	jbyteArray nonce = object(env, c, "getIV", "()[B");
	jbyteArray sealed = object(env, c, "doFinal", "([B)[B", plain);
	return nonce == NULL || sealed == NULL ? NULL : joined(env, nonce, sealed, out_n);
}

static unsigned char *unseal(JNIEnv *env, const char *alias, const unsigned char *in, int n, int *out_n) {
	int nonce_n = n > 0 ? in[0] : 0;
	if (nonce_n == 0 || n <= 1 + nonce_n) {
		return NULL;
	}
	jobject k = key(env, alias, 0), c = cipher(env);
	jbyteArray nonce = bytes(env, in + 1, nonce_n), sealed = bytes(env, in + 1 + nonce_n, n - 1 - nonce_n);
	jobject spec = nonce == NULL ? NULL : make(env, "javax/crypto/spec/GCMParameterSpec", "(I[B)V", (jint)128, nonce);
	if (k == NULL || sealed == NULL || spec == NULL ||
		!act(env, c, "init", "(ILjava/security/Key;Ljava/security/spec/AlgorithmParameterSpec;)V", (jint)2, k, spec)) {
		return NULL;
	}
	jbyteArray plain = object(env, c, "doFinal", "([B)[B", sealed);
	if (plain == NULL) {
		return NULL;
	}
	*out_n = (*env)->GetArrayLength(env, plain);
	unsigned char *out = malloc(*out_n > 0 ? *out_n : 1);
	if (out != NULL) {
		(*env)->GetByteArrayRegion(env, plain, 0, *out_n, (jbyte *)out);
	}
	return out;
}

typedef unsigned char *(*transform)(JNIEnv *, const char *, const unsigned char *, int, int *);

static unsigned char *framed(JNIEnv *env, transform f, const char *alias, const unsigned char *in, int n, int *out_n) {
	if ((*env)->PushLocalFrame(env, 2 * FRAME) != 0) {
		failed(env);
		return NULL;
	}
	unsigned char *out = f(env, alias, in, n, out_n);
	(*env)->PopLocalFrame(env, NULL);
	return out;
}

unsigned char *portal_seal(JNIEnv *env, const char *alias, const unsigned char *in, int n, int *out_n) {
	return framed(env, seal, alias, in, n, out_n);
}

unsigned char *portal_open(JNIEnv *env, const char *alias, const unsigned char *in, int n, int *out_n) {
	return framed(env, unseal, alias, in, n, out_n);
}

int portal_forget(JNIEnv *env, const char *name) {
	if ((*env)->PushLocalFrame(env, FRAME) != 0) {
		failed(env);
		return 0;
	}
	jobject store = key_store(env);
	jstring alias = text(env, name);
	int done = store != NULL && alias != NULL &&
		(!truth(env, store, "containsAlias", "(Ljava/lang/String;)Z", alias) || act(env, store, "deleteEntry", "(Ljava/lang/String;)V", alias));
	(*env)->PopLocalFrame(env, NULL);
	return done;
}
