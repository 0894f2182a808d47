/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "examples/embed_c/file_slots.h"

static int seek(const file_slots* storage, uint32_t slot, uint32_t offset) {
  return fseek(storage->file, (long)slot * (long)storage->slots.slot_bytes + (long)offset, SEEK_SET);
}

static int32_t read_slot(void* user, uint32_t slot, uint32_t offset, void* data, uint32_t bytes) {
  const file_slots* storage = (const file_slots*)user;
  return seek(storage, slot, offset) || fread(data, 1, bytes, storage->file) != bytes;
}

static int32_t erase_slot(void* user, uint32_t slot) {
  const file_slots* storage = (const file_slots*)user;
  uint32_t i;
  if (seek(storage, slot, 0)) return 1;
  for (i = 0; i < storage->slots.slot_bytes; i++)
    if (fputc(0xFF, storage->file) == EOF) return 1;
  return fflush(storage->file) != 0;
}

static int32_t write_slot(void* user, uint32_t slot, uint32_t offset, const void* data, uint32_t bytes) {
  const file_slots* storage = (const file_slots*)user;
  /* One after the other to the system. Where a disk must hold it in that order too, fsync() belongs here. */
  return seek(storage, slot, offset) || fwrite(data, 1, bytes, storage->file) != bytes || fflush(storage->file);
}

int file_slots_open(file_slots* storage, const char* path, uint32_t slot_bytes) {
  storage->file = fopen(path, "r+b");
  if (!storage->file) storage->file = fopen(path, "w+b");
  storage->slots.size = (uint32_t)sizeof storage->slots;
  storage->slots.user = storage;
  storage->slots.slot_bytes = slot_bytes;
  storage->slots.read = read_slot;
  storage->slots.erase = erase_slot;
  storage->slots.write = write_slot;
  return !storage->file;
}

void file_slots_close(file_slots* storage) { fclose(storage->file); }
