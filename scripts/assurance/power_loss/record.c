// Records, in order, every write to the files whose path begins with RECORD_FILES, and every wait for the disk, as a program does
// them; and, for the runs with a failing disk, refuses them with an error of one's choice. Loaded before the C library:
//
//   cc -O2 -shared -fPIC -o record.so record.c -ldl -lpthread
//   RECORD_FILES=/data/throughline.db RECORD_TO=trace LD_PRELOAD=./record.so throughline serve ...
//
// RECORD_TO gets one record for each: u64 when (ns, CLOCK_MONOTONIC) | u8 kind | u16 length of path | u64 offset | u32 length |
// path | bytes. Kinds: 1 write, 2 sync done, 3 truncate, 4 unlink, 5 open, 6 sync begun.
// FAIL_WHILE names a file: while it exists, every write and sync of these files fails with the error number that it holds.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define HANDLES 4096
static char *name_of[HANDLES];
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t begun = PTHREAD_ONCE_INIT;
static int out = -1;
static const char *files, *fail_while;
static ssize_t (*real_write)(int, const void *, size_t), (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t), (*real_close)(int);
static int (*real_unlink)(const char *), (*real_open)(const char *, int, ...), (*real_openat)(int, const char *, int, ...);

static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_close = dlsym(RTLD_NEXT, "close");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_open = dlsym(RTLD_NEXT, "open64");
  real_openat = dlsym(RTLD_NEXT, "openat64");
  files = getenv("RECORD_FILES");
  fail_while = getenv("FAIL_WHILE");
  const char *to = getenv("RECORD_TO");
  if (to) out = real_open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void ready(void) { pthread_once(&begun, begin); }
static int ours(const char *path) { return files && path && !strncmp(path, files, strlen(files)); }
static int known(int fd) { return fd >= 0 && fd < HANDLES && name_of[fd]; }

static void record(uint8_t kind, const char *path, uint64_t offset, const void *bytes, uint32_t length) {
  if (out < 0) return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint64_t when = (uint64_t)now.tv_sec * 1000000000ull + now.tv_nsec;
  uint16_t path_length = strlen(path);
  char head[23];
  memcpy(head, &when, 8);
  head[8] = kind;
  memcpy(head + 9, &path_length, 2);
  memcpy(head + 11, &offset, 8);
  memcpy(head + 19, &length, 4);
  struct iovec parts[3] = {{head, 23}, {(void *)path, path_length}, {(void *)bytes, bytes ? length : 0}};
  int kept = errno;
  // A record that is cut short makes the reading of the trace fail: it is not passed over.
  ssize_t written = writev(out, parts, 3);
  (void)written;
  errno = kept;
}

// The error that every write is to fail with now; 0 for none.
static int failing(void) {
  if (!fail_while) return 0;
  int fd = real_open(fail_while, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[16] = {0};
  ssize_t got = read(fd, text, sizeof text - 1);
  real_close(fd);
  return got > 0 ? atoi(text) : 0;
}
#define REFUSE_WHILE_FAILING(fd)                                                                                            \
  do {                                                                                                                      \
    int error = known(fd) ? failing() : 0;                                                                                  \
    if (error) {                                                                                                            \
      errno = error;                                                                                                        \
      return -1;                                                                                                            \
    }                                                                                                                       \
  } while (0)

static void opened(int fd, const char *path) {
  if (fd < 0 || fd >= HANDLES || !path) return;
  char whole[PATH_MAX];
  const char *real = realpath(path, whole) ? whole : path;
  pthread_mutex_lock(&one_at_a_time);
  free(name_of[fd]);
  name_of[fd] = NULL;
  if (ours(real)) {
    name_of[fd] = strdup(real);
    record(5, real, 0, NULL, 0);
  }
  pthread_mutex_unlock(&one_at_a_time);
}
#define OPEN(call)                                                                                                          \
  ready();                                                                                                                  \
  mode_t mode = 0;                                                                                                          \
  if (flags & (O_CREAT | O_TMPFILE)) {                                                                                      \
    va_list rest;                                                                                                           \
    va_start(rest, flags);                                                                                                  \
    mode = va_arg(rest, mode_t);                                                                                            \
    va_end(rest);                                                                                                           \
  }                                                                                                                         \
  int fd = call;                                                                                                            \
  opened(fd, path);                                                                                                         \
  return fd;
int open(const char *path, int flags, ...) { OPEN(real_open(path, flags, mode)) }
int open64(const char *path, int flags, ...) { OPEN(real_open(path, flags, mode)) }
int openat(int at, const char *path, int flags, ...) { OPEN(real_openat(at, path, flags, mode)) }
int openat64(int at, const char *path, int flags, ...) { OPEN(real_openat(at, path, flags, mode)) }

int close(int fd) {
  ready();
  if (known(fd)) {
    pthread_mutex_lock(&one_at_a_time);
    free(name_of[fd]);
    name_of[fd] = NULL;
    pthread_mutex_unlock(&one_at_a_time);
  }
  return real_close(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  ready();
  if (!known(fd)) return real_pwrite(fd, bytes, length, offset);
  REFUSE_WHILE_FAILING(fd);
  pthread_mutex_lock(&one_at_a_time);
  ssize_t done = real_pwrite(fd, bytes, length, offset);
  if (done > 0) record(1, name_of[fd], offset, bytes, done);
  pthread_mutex_unlock(&one_at_a_time);
  return done;
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }
ssize_t write(int fd, const void *bytes, size_t length) {
  ready();
  if (!known(fd)) return real_write(fd, bytes, length);
  REFUSE_WHILE_FAILING(fd);
  pthread_mutex_lock(&one_at_a_time);
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t done = real_write(fd, bytes, length);
  if (done > 0) record(1, name_of[fd], offset, bytes, done);
  pthread_mutex_unlock(&one_at_a_time);
  return done;
}

static int synced(int fd, int (*real)(int)) {
  ready();
  if (!known(fd)) return real(fd);
  REFUSE_WHILE_FAILING(fd);
  pthread_mutex_lock(&one_at_a_time);
  record(6, name_of[fd], 0, NULL, 0);
  pthread_mutex_unlock(&one_at_a_time);
  int failed = real(fd);
  pthread_mutex_lock(&one_at_a_time);
  if (!failed && known(fd)) record(2, name_of[fd], 0, NULL, 0);
  pthread_mutex_unlock(&one_at_a_time);
  return failed;
}
int fsync(int fd) { return synced(fd, (ready(), real_fsync)); }
int fdatasync(int fd) { return synced(fd, (ready(), real_fdatasync)); }

int ftruncate64(int fd, off_t length) {
  ready();
  if (!known(fd)) return real_ftruncate(fd, length);
  REFUSE_WHILE_FAILING(fd);
  pthread_mutex_lock(&one_at_a_time);
  int failed = real_ftruncate(fd, length);
  if (!failed) record(3, name_of[fd], length, NULL, 0);
  pthread_mutex_unlock(&one_at_a_time);
  return failed;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
int unlink(const char *path) {
  ready();
  char whole[PATH_MAX];
  int counts = realpath(path, whole) && ours(whole);
  pthread_mutex_lock(&one_at_a_time);
  int failed = real_unlink(path);
  if (!failed && counts) record(4, whole, 0, NULL, 0);
  pthread_mutex_unlock(&one_at_a_time);
  return failed;
}
