@NullMarked
package crypho.server.http;

import org.jspecify.annotations.NullMarked;
