package android.content;

/** What the generated Java names of Android, so that it compiles on a desktop. */
public abstract class Context {}
