#include "compiler/driver/commands.h"
namespace graphc::driver { Action declare_explain(Options&) { return [] { return 0; }; } }
