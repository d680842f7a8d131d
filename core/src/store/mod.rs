//! Many runs and long logs, held compactly: columns, interned strings, a byte arena, windows and search.
