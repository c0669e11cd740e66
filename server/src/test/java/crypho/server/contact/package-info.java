@NullMarked
package crypho.server.contact;

import org.jspecify.annotations.NullMarked;
