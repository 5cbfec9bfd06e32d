/* What the library shows to those who load it. */

#ifndef EXPORT_H
#define EXPORT_H

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

#endif
