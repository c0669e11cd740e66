/// Service mails: the queue in the database, the sender over SMTP, the texts, and the mailbox that
/// shows mails on the machine itself as long as no SMTP server is configured.
@NullMarked
package crypho.server.notify;

import org.jspecify.annotations.NullMarked;
