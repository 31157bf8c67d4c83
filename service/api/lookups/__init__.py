"""What a question leaves out is looked up, and each number says where it is from."""
