import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.TreeSet;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.TestAssertion.Status;

/** Reads "FLAVOUR FILE" lines; answers each with the broken rules, a line each, and an empty line. */
public class Check {
    public static void main(String[] none) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            String[] words = line.split(" ", 2);
            for (String rule : broken(PDFAFlavour.fromString(words[0]), new File(words[1]))) {
                System.out.println(rule);
            }
            System.out.println();
            System.out.flush();
        }
    }

    private static TreeSet<String> broken(PDFAFlavour flavour, File file) {
        TreeSet<String> rules = new TreeSet<>();
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
             PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            for (TestAssertion found : validator.validate(parser).getTestAssertions()) {
                if (found.getStatus() == Status.FAILED) {
                    rules.add((found.getRuleId().getClause() + " " + found.getMessage()).replaceAll("\\s+", " "));
                }
            }
        } catch (Exception error) {
            rules.add("not readable: " + error);
        }
        return rules;
    }
}
