@NullMarked
package crypho.server.account;

import org.jspecify.annotations.NullMarked;
