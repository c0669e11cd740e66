package crypho.server.notify;

import crypho.server.notify.api.MailQueue.Template;
import java.util.List;

/// The mails in Norwegian bokmål.
final class MailTextNb {
  private MailTextNb() {}

  static MailText of(Template template) {
    return switch (template) {
      case SIGN_UP ->
          new MailText(
              "Opprett Crypho-kontoen din",
              List.of(
                  "Hei!",
                  "Noen, trolig du, har bedt om å få opprette en Crypho-konto med denne adressen."
                      + " Følg lenken for å velge navn og passordsetning."),
              "Opprett konto",
              List.of(
                  "Lenken virker én gang, i 24 timer. Var det ikke du som ba om den, trenger du ikke"
                      + " gjøre noe. Uten lenken blir det ingen konto."));
      case SIGN_UP_HAS_ACCOUNT ->
          new MailText(
              "Du har allerede en Crypho-konto",
              List.of(
                  "Hei!",
                  "Noen, trolig du, har bedt om å få opprette en Crypho-konto med denne adressen, men"
                      + " det finnes en fra før. Logg inn i stedet."),
              "Logg inn",
              List.of("Var det ikke du, trenger du ikke gjøre noe. Ingenting er endret."));
      case INVITATION ->
          new MailText(
              "Noen vil ha kontakt med deg på Crypho",
              List.of(
                  "Hei!",
                  "{inviter} vil gjerne ha deg som kontakt på Crypho, og skriver:",
                  "{note}"),
              "Se invitasjonen",
              List.of(
                  "Du bestemmer. Takker du nei, eller lar det ligge, får den andre ikke beskjed om"
                      + " det."));
      case INVITATION_NEW ->
          new MailText(
              "Du er invitert til Crypho",
              List.of(
                  "Hei!",
                  "{inviter} vil gjerne snakke med deg på Crypho, der bare du og de du skriver med"
                      + " kan lese det som blir sagt. Meldingen til deg:",
                  "{note}"),
              "Opprett konto og se invitasjonen",
              List.of(
                  "Det koster ingenting å ha en konto. Du bestemmer selv om du vil ta imot"
                      + " invitasjonen. Gjør du ingenting, blir det ingen konto, og den andre får"
                      + " ikke beskjed."));
      case CONFIRM_EMAIL ->
          new MailText(
              "Bekreft den nye e-postadressen din",
              List.of("Hei!", "Følg lenken for å bruke denne adressen til Crypho-kontoen din."),
              "Bekreft adressen",
              List.of(
                  "Lenken virker én gang, i 24 timer. Har du ikke bedt om dette, bør du la den"
                      + " ligge."));
      case EMAIL_CHANGED ->
          new MailText(
              "E-postadressen din er endret",
              List.of(
                  "Hei!",
                  "Crypho-kontoen din bruker nå en annen e-postadresse. Denne er ikke lenger knyttet"
                      + " til kontoen.",
                  "Var det ikke du som endret den, har noen andre tilgang til kontoen. Logg inn, bytt"
                      + " passordsetning og koble fra enheter du ikke kjenner."),
              "",
              List.of());
      case PASSPHRASE_CHANGED ->
          new MailText(
              "Passordsetningen din er endret",
              List.of(
                  "Hei!",
                  "Passordsetningen til Crypho-kontoen din er endret.",
                  "Var det ikke du, har noen andre tilgang til en av enhetene dine. Koble den fra"
                      + " under Innstillinger på en annen enhet, og bytt passordsetning på nytt."),
              "",
              List.of());
      case NEW_DEVICE ->
          new MailText(
              "En ny enhet har logget inn",
              List.of(
                  "Hei!",
                  "En ny enhet logget inn på Crypho-kontoen din: {time}.",
                  "Var det deg, trenger du ikke gjøre noe. Var det ikke deg, bør du koble fra enheten"
                      + " under Innstillinger og bytte passordsetning."),
              "",
              List.of());
    };
  }
}
