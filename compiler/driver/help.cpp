#include "compiler/driver/commands.h"
namespace graphc::driver { Action declare_help(Options&) { return [] { return 0; }; } }
