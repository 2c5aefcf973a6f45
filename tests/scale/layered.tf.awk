# Writes the graph of examples/src/bin/layered as Terraform configuration:
#     awk -v resources=10000 -v port=8080 -f tests/scale/layered.tf.awk
BEGIN {
    width = int((resources + 9) / 10)
    printf "terraform {\n  backend \"http\" {\n    address = \"http://127.0.0.1:%d/\"\n  }\n}\n", port
    for (number = 0; number < resources; number++) {
        value = number
        if (number >= width) {
            above = number - width
            beside = above - above % width + (above + 1) % width
            value = sprintf("%d ${terraform_data.r%d.id} ${terraform_data.r%d.id}", number, above, beside)
        }
        printf "resource \"terraform_data\" \"r%d\" {\n  input = \"%s\"\n}\n", number, value
    }
    printf "output \"last\" {\n  value = terraform_data.r%d.id\n}\n", resources - 1
}
