package io.github.lapidary.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command {@code lapidary}.
 *
 * <p>Results go to standard output, messages to standard error. It exits with 0 if all went well, 1
 * if something failed, 2 if it was used wrongly.
 */
@Command(
        name = "lapidary",
        description = "Open language models in the JVM.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND")
public final class Main implements Callable<Integer> {

    private static final String HEADLESS = "java.awt.headless";
    private static final String LOG_LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

    @Spec private CommandSpec spec;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Show log messages, and where an error comes from.")
    private boolean verbose;

    private final Console console;

    private Main(Console console) {
        this.console = console;
    }

    /** Runs the command line and ends the process. */
    public static void main(String[] arguments) {
        Interruption interruption = Interruption.ofThisThread();
        int exitCode = run(standardStreams(), arguments);
        interruption.workIsDone();
        System.exit(exitCode);
    }

    /** Runs one command and returns its exit code. */
    static int run(Console console, String... arguments) {
        Main main = new Main(console);
        CommandLine commandLine =
                new CommandLine(main)
                        .addSubcommand(new GenerateCommand(console))
                        .addSubcommand(new ChatCommand(console))
                        .addSubcommand(new ScoreCommand(console))
                        .addSubcommand(new TokensCommand(console))
                        .addSubcommand(new RenderCommand(console))
                        .addSubcommand(new InspectCommand(console))
                        .addSubcommand(new BenchCommand(console))
                        .addSubcommand(new UpcycleCommand(console))
                        .addSubcommand(new PrepareCommand(console))
                        .addSubcommand(new TrainTokenizerCommand(console))
                        .addSubcommand(new TokenizeCommand(console))
                        .addSubcommand(new TrainCommand(console))
                        .addSubcommand(new CompareCommand(console));
        Map<String, CommandLine> commands = commandLine.getSubcommands();
        commands.get("bench")
                .addSubcommand(new LengthsCommand(console))
                .addSubcommand(new ExpertsCommand(console))
                .addSubcommand(new TrainingSpeedCommand(console));
        commands.get("generate").setDefaultValueProvider(new SmallModel());
        commands.get("score").setDefaultValueProvider(new SmallModel());
        commandLine
                .setOut(console.out())
                .setErr(console.err())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false) // a text may begin with @
                .setExecutionStrategy(main::execute)
                .setParameterExceptionHandler(Main::explain)
                .setExecutionExceptionHandler((failure, command, parsed) -> main.report(failure));
        try {
            return commandLine.execute(arguments);
        } catch (Error e) {
            return main.report(e);
        } finally {
            console.out().flush();
        }
    }

    /** Tells that a command is missing. */
    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private int execute(ParseResult parsed) {
        // Read once, when the first logger is made and the first picture drawn: after this.
        setDefault(LOG_LEVEL, verbose ? "info" : "warn");
        setDefault(HEADLESS, "true"); // pictures are files; no display is looked for
        return new RunLast().execute(parsed);
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** Java can only tell whether both input and output are a terminal: the launcher tells each. */
    private static Console standardStreams() {
        boolean in = Boolean.getBoolean("lapidary.terminal.in");
        boolean out = Boolean.getBoolean("lapidary.terminal.out");
        boolean err = Boolean.getBoolean("lapidary.terminal.err");
        return new Console(
                System.in,
                writer(FileDescriptor.out, false),
                writer(FileDescriptor.err, true),
                out,
                err ? System.err : null,
                in && out ? TerminalChat::openTerminal : null);
    }

    private static PrintWriter writer(FileDescriptor stream, boolean autoFlush) {
        return new PrintWriter(new FileOutputStream(stream), autoFlush, StandardCharsets.UTF_8);
    }

    private static int explain(ParameterException wrongUse, String[] arguments) {
        PrintWriter err = wrongUse.getCommandLine().getErr();
        err.println("lapidary: " + wrongUse.getMessage());
        UnmatchedArgumentException.printSuggestions(wrongUse, err);
        String command = wrongUse.getCommandLine().getCommandSpec().qualifiedName();
        err.println("Try '" + command + " --help'.");
        return ExitCode.USAGE;
    }

    private int report(Throwable failure) {
        if (verbose) {
            failure.printStackTrace(console.err());
        } else if (Thread.currentThread().isInterrupted()) {
            console.tell("interrupted"); // whatever failed, failed of that
        } else {
            console.tell(FailureMessage.of(failure));
        }
        return ExitCode.SOFTWARE;
    }

    /** What a report of an error should name. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                "lapidary " + ofLapidary(), "Java ${java.version}, ${os.name} ${os.arch}"
            };
        }

        /** Returns that of the package; what runs from classes has none. */
        static String ofLapidary() {
            String version = Main.class.getPackage().getImplementationVersion();
            return version == null ? "(not packaged)" : version;
        }
    }
}
