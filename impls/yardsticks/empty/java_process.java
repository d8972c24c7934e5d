final class Main {
    public static void main(String[] arguments) {
        Paragone.serve((sizes, arrays) -> {}, (sizes, arrays) -> {});
    }
}
