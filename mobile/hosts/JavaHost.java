import io.github.citizensportal.mobile.Complaint;
import io.github.citizensportal.mobile.Draft;
import io.github.citizensportal.mobile.Failure;
import io.github.citizensportal.mobile.Mobile;
import io.github.citizensportal.mobile.Options;
import io.github.citizensportal.mobile.Portal;
import io.github.citizensportal.mobile.Registration;
import io.github.citizensportal.mobile.Submission;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program in Java on the binding: it files a complaint offline and reads its code. */
public final class JavaHost {
    private static final String TEXT = "The bridge has a hole. پل میں سوراخ ہے 🌉";

    public static void main(String[] args) {
        try {
            run(args[0], args[1], Path.of(args[2]));
        } catch (Throwable t) {
            t.printStackTrace();
            System.exit(1);
        }
        System.exit(0); // Go's threads would keep the machine from ending
    }

    private static void run(String server, String dir, Path sms) throws Exception {
        Portal portal = Mobile.open(options(server, dir, false));
        wrongInputIsExplained(portal);
        register(portal, sms);
        portal.sync().now(10_000);
        check(portal.directory().areas(10_000).len() > 30, "areas came");
        portal.close();

        Portal offline = Mobile.open(options(server, dir, true));
        Draft draft = new Draft();
        draft.setCategory(leaf(offline));
        draft.setDistrict("swat");
        draft.setText(TEXT);
        Draft saved = offline.complaints().saveDraft(draft);
        Submission sub = offline.complaints().lodge(saved, 0);
        String id = sub.getComplaint().getID();
        check(sub.getComplaint().getState().equals("queued"), "lodged offline: queued");
        check(offline.complaints().drafts().len() == 0, "the draft is gone");
        offline.close();

        Portal online = Mobile.open(options(server, dir, false));
        check(online.sync().deliver(sub.getOp(), 20_000).equals("received"), "the server received it");
        Complaint c = online.complaints().show(id, 10_000);
        check(!c.getCode().isEmpty() && c.getText().equals(TEXT), "read back: " + c.getCode());
        online.close();
        try {
            online.complaints().show(id, 0);
            check(false, "a closed portal refuses");
        } catch (Exception e) {
            check(Mobile.explain(e).getCode() == Mobile.CodeClosed, "a closed portal refuses");
        }
        System.out.println("code " + c.getCode());
    }

    private static Options options(String server, String dir, boolean offline) {
        Options o = new Options();
        o.setDir(dir);
        o.setServer(server);
        o.setClient("mobile-check/1.0");
        o.setDeviceName("Java host");
        o.setOffline(offline);
        return o;
    }

    private static void wrongInputIsExplained(Portal portal) {
        Registration r = new Registration();
        r.setCNIC("123");
        r.setMobile("0300-1234567");
        r.setName("Gul Bibi");
        r.setDistrict("swat");
        try {
            portal.accounts().register(r, 10_000);
            check(false, "a short CNIC is refused");
        } catch (Exception e) {
            Failure f = Mobile.explain(e);
            check(f.getCode() == Mobile.CodeInvalid && f.getFields().get(0).getPointer().equals("/cnic"),
                    "a short CNIC is refused: " + f.getFields().get(0).getCode());
        }
    }

    private static void register(Portal portal, Path sms) throws Exception {
        Registration r = new Registration();
        r.setCNIC("15602-7654321-1");
        r.setMobile("0345-7654321");
        r.setName("Gul Bibi");
        r.setDistrict("swat");
        portal.accounts().register(r, 10_000);
        String recovery = portal.accounts().verify(code(sms), 10_000).getRecoveryCode();
        check(!recovery.isEmpty() && portal.accounts().signedIn(), "registered and signed in");
    }

    /** The newest code in the server's file of text messages. */
    private static String code(Path sms) throws Exception {
        Matcher m = Pattern.compile("\\b\\d{6}\\b").matcher(Files.readString(sms));
        String found = null;
        while (m.find()) {
            found = m.group();
        }
        return found;
    }

    private static String leaf(Portal portal) throws Exception {
        return portal.directory().categories(0).get(0).getChildren().get(0).getCode();
    }

    private static void check(boolean ok, String what) {
        if (!ok) {
            throw new AssertionError(what);
        }
        System.out.println("java: " + what);
    }
}
